/**
 * Sessions that begin with long-polling and upgrade, as the stock client does by default. Then they only answer pings.
 */
import { Connection } from './connection.mjs';
import { Load as Idle } from './idle.mjs';
import { PollingSession } from './polling-session.mjs';

export class Load extends Idle {
  /** @param {import('./idle.mjs').IdleOptions} options */
  constructor(options) {
    super(options, open);
  }
}

/** Opens one session. @param {import('./idle.mjs').IdleOptions} options @returns {Promise<Connection>} */
async function open({ port, headers }) {
  const polling = new PollingSession(port);
  await polling.open();
  return new Promise((resolve, reject) => {
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${polling.sid}`;
    let hasProbed = false;
    let hasPolled = false;
    const finish = () => {
      if (!hasProbed || !hasPolled) return;
      connection.send('5');
      polling.destroy();
      resolve(connection);
    };
    polling.onLost = reject;
    // The server ends the waiting poll, because no packet may come that way any more.
    polling.onBody = (body) => {
      if (body !== '6') reject(new Error(`the poll ended with ${body.slice(0, 80)}`));
      hasPolled = true;
      finish();
    };
    polling.poll();
    const connection = new Connection({ port, path, headers }, () => connection.send('2probe'));
    connection.onLost = reject;
    connection.onText = (text) => {
      if (text !== '3probe') reject(new Error(`the probe was answered by ${text.slice(0, 80)}`));
      hasProbed = true;
      finish();
    };
  });
}
