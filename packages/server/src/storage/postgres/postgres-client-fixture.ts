/** For tests outside of this package, which alone asks for pg. */
export { Client } from 'pg'
