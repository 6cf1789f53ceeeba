/** The dialog "Other clients": commands to copy, which work with the host of this page. */

import { Modal } from 'naru-apps-kit/page/dialog.js';
import { randomHex } from 'naru-apps-kit/page/memory.js';
import { useEffect, useState } from 'preact/hooks';
import { CLIENT_KINDS, type OpenEndpoint } from '../../../shared/protocol.js';
import { ClientMark } from '../client-mark.js';
import { useChat } from '../context.js';

/** The dialog. Its commands lead to the station on the screen, or to the first one. */
export function ClientsDialog() {
  const { state, words } = useChat();
  const [token] = useState(() => randomHex(4));
  const { view, endpoints } = state;
  const station = view.type === 'station' ? view.id : 'central';
  const { origin } = location;
  // An IPv6 address has brackets in URLs only.
  const hostname = location.hostname.replace(/^\[(.+)\]$/, '$1');
  const address = `${origin}/events/${station}`;
  const terminal = endpoints.find(({ scheme }) => scheme === 'tcp' || scheme === 'tls');
  const broker = endpoints.find(({ scheme }) => scheme === 'stomp' || scheme === 'stomps');
  return (
    <Modal title={words.clientsTitle} kind="roomy">
      <p>{words.clientsIntro}</p>
      <section class="way">
        <h3>{words.clientsTerminal}</h3>
        {terminal ? (
          <Lines text={`${dial(terminal, hostname)}\n/join ${station}\n${words.clientsHello}`} />
        ) : (
          <p class="hint">
            {words.clientsNoTerminal} <code>naru serve … --listen tcp://:4000</code>
          </p>
        )}
        {terminal && <p class="hint">{words.clientsTerminalNote}</p>}
      </section>
      <section class="way">
        <h3>{words.clientsStream}</h3>
        <Lines text={`curl -N '${address}?token=${token}'`} />
        <Lines text={`curl --data-urlencode 'text=${words.clientsHello}' '${address}?token=${token}'`} />
        <p class="hint">{words.clientsStreamNote}</p>
      </section>
      <section class="way">
        <h3>{words.clientsBroker}</h3>
        <Lines text={stompjs(origin, station, words.clientsHello)} />
        {broker && (
          <p class="hint">{words.clientsBrokerPort(`${broker.scheme}://${location.hostname}:${broker.port}`)}</p>
        )}
      </section>
      <section class="way">
        <h3>{words.clientsMarks}</h3>
        <ul class="marks">
          {CLIENT_KINDS.map((client) => (
            <li key={client}>
              <ClientMark client={client} words={words} isLabelled />
              <span class="hint">{words.clients[client][1]}</span>
            </li>
          ))}
        </ul>
      </section>
    </Modal>
  );
}

/** Lines to copy. */
function Lines({ text }: { text: string }) {
  const { words } = useChat();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Browsers let only secure pages and localhost write to the clipboard. Elsewhere people select the text by hand.
  const { clipboard } = navigator as { clipboard?: Clipboard };
  return (
    <div class="lines">
      <pre>
        <code>{text}</code>
      </pre>
      {clipboard && (
        <button
          type="button"
          class="link"
          onClick={() => void clipboard.writeText(text).then(() => setCopied(true), ignore)}
        >
          {isCopied ? words.copied : words.copy}
        </button>
      )}
      <span class="visually-hidden" role="status">
        {isCopied ? words.copied : ''}
      </span>
    </div>
  );
}

function dial({ scheme, port }: OpenEndpoint, host: string): string {
  return scheme === 'tcp' ? `nc ${host} ${port}` : `openssl s_client -quiet -connect ${host}:${port}`;
}

function stompjs(origin: string, station: string, hello: string): string {
  // Lines are short, so that a phone does not break them.
  return [
    'const client = new StompJs.Client();',
    `client.brokerURL = '${origin.replace(/^http/, 'ws')}/stomp';`,
    'client.onConnect = () => {',
    '  client.subscribe(',
    `    '/topic/${station}',`,
    '    ({ headers, body }) =>',
    '      console.log(headers.event, body),',
    '  );',
    '  client.publish({',
    `    destination: '/topic/${station}',`,
    `    body: '${hello}',`,
    '  });',
    '};',
    'client.activate();',
  ].join('\n');
}

// The browser itself tells the person when it refuses to copy.
function ignore(): void {}

const COPIED_MS = 2_000;
