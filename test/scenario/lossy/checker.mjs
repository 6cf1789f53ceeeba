// Checks the lossy path beyond the checker of the soak: datagrams, lanes, and that the server notices vanished clients.

/** Milliseconds by which a busy machine may be late. */
export const SLACK_MS = 2_400;
/** The agreed interval of heart-beats of STOMP clients, in milliseconds. */
const BEAT_MS = 2_000;

/**
 * The time in which the server must notice that nothing arrives, in milliseconds; `undefined` when the system decides.
 */
function limitOf(wire, isHeard, { pingInterval, pingTimeout }) {
  const [, subprotocol] = wire.split(' ');
  if (subprotocol === 'socket.io') return pingInterval + pingTimeout;
  // Signs of life of such a client are not answers to the server.
  if (isHeard) return undefined;
  if (wire === 'tcp stomp' || wire === 'websocket stomp') return 2 * BEAT_MS;
  return undefined;
}

/**
 * Finds clients that were silent for long enough and not disconnected in time. `notes` are the server's, and `silences`
 * the times in which nothing reached it.
 */
export function checkNoticed(notes, silences, options, slackMs = SLACK_MS) {
  const faults = [];
  for (const { at, up, down, ms } of silences) {
    if (up !== 1 && down !== 1) continue;
    for (const { id, wire, at: since } of notes.filter(({ what, at: when }) => what === 'in' && when < at)) {
      const outs = notes.filter((note) => note.what === 'out' && note.id === id && note.at > since);
      if (outs.some((note) => note.at <= at)) continue;
      const limit = limitOf(wire, up !== 1, options);
      if (limit === undefined || limit + slackMs > ms) continue;
      if (!outs.some((note) => note.at <= at + limit + slackMs)) {
        const [out] = outs;
        const when = out ? `only after ${out.at - at} ms, ${out.reason}` : 'never';
        faults.push(`the server noticed that ${wire} ${id} is silent ${when}; ${limit} ms are promised`);
      }
    }
  }
  return faults;
}

/**
 * Checks clients over UDP: the faults that they and the server found, that data arrived at all, and that sessions
 * survived where they must.
 */
export function checkAlone(alone, { faults, counts }, { keepsUdp = false } = {}) {
  const found = [...faults];
  for (const { name, faults: its, counts: own, sessions } of alone) {
    found.push(...its);
    for (const [what, count] of Object.entries(own)) if (count === 0) found.push(`${name}: there were no ${what}`);
    if (keepsUdp && sessions.length !== 1)
      found.push(`${name}: its session ended: ${sessions.map(({ reason }) => reason).join(', ')}`);
  }
  for (const [what, count] of Object.entries(counts))
    if (alone.length > 0 && count === 0) found.push(`udp: the server had no ${what}`);
  return found;
}

/** Checks lanes: nothing arrives twice, and no silence is longer than the scene allows. */
export function checkLanes(lanes, { lanes: heardOf }, { laneSilenceMsMax = Number.POSITIVE_INFINITY } = {}) {
  const found = [];
  for (const { name, faults, heard, sent } of lanes) {
    found.push(...faults);
    const own = heardOf.find(({ name: its }) => its === name)?.heard ?? [];
    if (heard.length === 0) found.push(`${name}: heard nothing`);
    if (sent > 0 && own.length === 0) found.push(`${name}: the server heard nothing`);
    for (const [who, states] of Object.entries({ it: heard, 'the server': own })) {
      const silence = longestSilence(states);
      if (silence > laneSilenceMsMax) found.push(`${name}: ${who} heard nothing for ${silence} ms`);
    }
    const seen = new Set();
    for (const [n] of own) {
      if (seen.has(n)) found.push(`${name}: state ${n} came to the server twice`);
      seen.add(n);
    }
  }
  return found;
}

/** Returns the longest time between two states, in milliseconds. Each state is its number and its time of arrival. */
export function longestSilence(states) {
  let longest = 0;
  for (let index = 1; index < states.length; index += 1)
    longest = Math.max(longest, states[index][1] - states[index - 1][1]);
  return longest;
}
