// Counts the turns that an engine gives to handshakes, because a client may take a while to use its turn.

/**
 * Returns the times of the turns from now on, by the clock of the pace.
 * @param {import('../../packages/naru/src/server/admission/handshake-pace.js').HandshakePace} pace
 * @param {() => number} now
 */
export function watchTurns(pace, now) {
  const [tryBegin, begin] = [pace.tryBegin.bind(pace), pace.begin.bind(pace)];
  /** @type {number[]} */
  const turns = [];
  pace.tryBegin = () => {
    const isGiven = tryBegin();
    if (isGiven) turns.push(now());
    return isGiven;
  };
  // A client that need not wait was counted above.
  pace.begin = (client, carrier) => {
    let isLater = false;
    const proceed = () => {
      if (isLater) turns.push(now());
      client.proceed();
    };
    begin({ proceed, refuse: (...why) => client.refuse(...why) }, carrier);
    isLater = true;
  };
  return turns;
}
