/** The installation cannot go over, or what went over is not what was there. The message says what to do next. */
export class MigrateError extends Error {}
