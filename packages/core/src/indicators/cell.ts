/**
 * A number that changes with every candle. V8 (14.6) boxes a fraction stored in a field of an object: 16 bytes of garbage
 * and a write barrier for each store. An array of doubles holds it in place, and is plain JSON.
 */
export type Cell = [value: number]

export function createCell(): Cell {
  // An array that once held a fraction stays an array of doubles; [0] would start as one of small integers.
  const cell: Cell = [0.5]
  cell[0] = 0
  return cell
}
