/** The text of a missed message. All have the same length. @param {number} n */
export function missedText(n) {
  return `The ferry leaves the landing at dawn, and message ${String(n).padStart(4, '0')} is on it.`;
}
