// Counts the turns that an engine gives to handshakes; what a client does with its turn may take a while.

/**
 * When turns are given from now on, by the clock that they are given by.
 * @param {import('../../src/server/admission/handshake-pace.js').HandshakePace} pace
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
  // One who need not wait is counted by what is above.
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
