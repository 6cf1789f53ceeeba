// Sends the numbers of clients, in every kind of soak.

/** The most unconfirmed messages of one client. */
const ON_THE_WAY_MAX = 8;
const PACE_MS = 50;

/** Makes one client send its numbers, spread over the time, each to the room that `pickRoom` returns. */
export async function sayAll(guest, { from, count, overMs }, pickRoom) {
  const startedAt = Date.now();
  const waiting = new Set();
  for (let said = 0; said < count; ) {
    const due = Math.ceil(((Date.now() - startedAt) / overMs) * count);
    while (said < Math.min(due, count) && waiting.size < ON_THE_WAY_MAX) {
      const saying = guest.say(from + said, pickRoom()).finally(() => waiting.delete(saying));
      waiting.add(saying);
      said += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  await Promise.all(waiting);
}
