import type { Route } from './routes.ts'
import { Type } from 'typebox'
import { ReportAnswer, ReportAsk, ReportAsked, ReportList, ReportListQuery, ReportQuery } from './report.ts'
import { CHANGE, NAMED, READ } from './trading-routes.ts'
import { Done, IdParams, StrategyCommand } from './trading.ts'

/** The 24-hour report of the playbook with its evidence: made each day, and when somebody asks. */
export const REPORT_ROUTES = {
  reports: {
    method: 'GET',
    path: '/api/reports',
    tag: 'reports',
    summary: 'Reports, with who signed them.',
    access: 'canRead',
    query: ReportListQuery,
    answer: ReportList,
    errors: READ,
  },
  reportAsk: {
    method: 'POST',
    path: '/api/reports',
    tag: 'reports',
    summary: 'Makes a report with its evidence. The executor makes it within seconds; the list shows how it ended.',
    access: 'canReport',
    body: ReportAsk,
    answer: ReportAsked,
    errors: [...CHANGE, 'unknown_id', 'too_many_things'],
  },
  report: {
    method: 'GET',
    path: '/api/reports/:id',
    tag: 'reports',
    summary: "One report: as JSON, or as the playbook's template in Markdown, or as one page with charts.",
    access: 'canRead',
    params: IdParams,
    query: ReportQuery,
    answer: ReportAnswer,
    errors: [...READ, 'unknown_id'],
  },
  reportEvidence: {
    method: 'GET',
    path: '/api/reports/:id/evidence',
    tag: 'reports',
    summary: 'All that a report was made of, as one signed ZIP; spark evidence verify checks it.',
    access: 'canRead',
    params: IdParams,
    produces: 'application/zip',
    answer: Type.String(),
    errors: [...READ, 'unknown_id'],
  },
  reportReview: {
    method: 'POST',
    path: '/api/reports/:id/review',
    tag: 'reports',
    summary: 'Signs a report as reviewed.',
    access: 'canReport',
    params: IdParams,
    body: StrategyCommand,
    answer: Done,
    errors: NAMED,
  },
  reportApprove: {
    method: 'POST',
    path: '/api/reports/:id/approve',
    tag: 'reports',
    summary: 'Signs a report as approved. It takes another person than the one who reviewed it.',
    access: 'canApproveReports',
    params: IdParams,
    body: StrategyCommand,
    answer: Done,
    errors: NAMED,
  },
} as const satisfies Record<string, Route>
