import type { Route } from './routes.ts'
import {
  CalibrationDrift,
  CalibrationHistory,
  CalibrationMarkers,
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
  calibrationHistory: {
    method: 'GET',
    path: '/api/calibration/history',
    tag: 'calibration',
    summary: 'The verdict on a model over time.',
    access: 'canRead',
    query: CalibrationQuery,
    answer: CalibrationHistory,
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
  calibrationDrift: {
    method: 'GET',
    path: '/api/calibration/drift',
    tag: 'calibration',
    summary: 'How far each feature of the last seven days is from those that the model was made on.',
    access: 'canRead',
    query: CalibrationQuery,
    answer: CalibrationDrift,
    errors: ONE,
  },
  calibrationMarkers: {
    method: 'GET',
    path: '/api/calibration/markers',
    tag: 'calibration',
    summary: 'Times that are marked to leave out or to look at; the move `marker` of the triage adds one.',
    access: 'canRead',
    answer: CalibrationMarkers,
    errors: READ,
  },
} as const satisfies Record<string, Route>
