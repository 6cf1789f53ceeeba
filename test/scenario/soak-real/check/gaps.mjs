// Tells to which session of a client a gap belongs.

/**
 * Whether a gap belongs to the session that began with the connection at `index`. It is told again if the connection
 * breaks before the client has an event of that session (docs/recovery.md). `at` is the number of messages that the
 * client had; polling brings missed ones before that.
 */
export function isOfNewSession(connects, index, at) {
  const first = connects[index];
  if (index === 0 || first.goesOn) return false;
  const told = connects.findIndex((each, place) => place >= index && each.at === at);
  const before = connects.slice(index, told);
  return told >= 0 && before.every(({ goesOn, until }, place) => until === first.at && goesOn === place > 0);
}
