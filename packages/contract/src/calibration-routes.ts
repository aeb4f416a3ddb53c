import type { Route } from './routes.ts'
import {
  CalibrationParts,
  CalibrationQuery,
  CalibrationReliability,
  CalibrationVerdict,
  ReliabilityQuery,
} from './calibration.ts'
import { READ } from './trading-routes.ts'

const ONE = [...READ, 'unknown_id'] as const

/** What became of decisions: the verdict on a model, how true its confidence is, what its parts say. No figure without labels. */
export const CALIBRATION_ROUTES = {
  calibrationVerdict: {
    method: 'GET',
    path: '/api/calibration/verdict',
    tag: 'calibration',
    summary: 'The verdict on a model with its figures, and when there may be another one.',
    access: 'canRead',
    query: CalibrationQuery,
    answer: CalibrationVerdict,
    errors: ONE,
  },
  calibrationReliability: {
    method: 'GET',
    path: '/api/calibration/reliability',
    tag: 'calibration',
    summary:
      'Confidence beside hit rate by bucket, the calibration error beside that of a calibrated model, Brier score and its parts.',
    access: 'canRead',
    query: ReliabilityQuery,
    answer: CalibrationReliability,
    errors: ONE,
  },
  calibrationParts: {
    method: 'GET',
    path: '/api/calibration/parts',
    tag: 'calibration',
    summary: 'Share of each signal part in what is said, and its correlation with the others and with the outcome.',
    access: 'canRead',
    query: CalibrationQuery,
    answer: CalibrationParts,
    errors: ONE,
  },
} as const satisfies Record<string, Route>
