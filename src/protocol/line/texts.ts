/** What the server says to people in line mode, besides events. */

/** What a program says first, as a line; records follow instead of lines. A query may stand behind it: `NARU1?a=b`. */
export const PREFACE_LINE = 'NARU1';

/** Whether a line is the preface of a program. */
export function isPreface(line: string): boolean {
  return line === PREFACE_LINE || line.startsWith(`${PREFACE_LINE}?`);
}

/** Shown when a person has connected; each is a line. */
export const GREETING: readonly string[] = [
  'Naru: one line, one message. /help shows what can be written, /quit leaves.',
  'Press Enter to come in, or prove first who you are: /auth {"token":"..."} or /in namespace {"token":"..."}',
];

/** Shown by `/help`; each is a line. `textEvent` is the event that text is. */
export function helpLines(textEvent: string): readonly string[] {
  return [
    `hello everybody              text: the event "${textEvent}" with this line (a space or / before it makes text of anything)`,
    'say "hi" {"a":1} 2           an event: a name, and JSON values behind it',
    '/emit say hi there           an event; what is no JSON is one string',
    '/ask time                    an event with an answer, which comes as: = 1 "noon"',
    '/to lobby say "hi"           an event to all in a room, if clients may',
    '/join lobby   /leave lobby   enters a room, if clients may; leaves it',
    '/rooms                       the rooms you are in',
    '/history lobby 20            what was sent to a room, newest last, if clients may',
    '/who lobby                   who is in a room, if clients may',
    '/ack 7 "yes"                 answers an event that came with ?7',
    '/auth {...}   /in chat {...} as the first line: proves who you are; enters a namespace',
    '/json   /json off            writes JSON, one object a line',
    '{"event":"say","args":["hi"],"room":"lobby","id":7}  is read too; bytes are {"$bytes":"base64"}',
    '/quit                        leaves',
    'You see:  say "hi"   #lobby say "hi" (to a room)   ?7 say "hi" (wants /ack 7)   = answer   ! refused   * done',
  ];
}

const HTTP_BODY = 'This is no HTTP server: it reads lines, and records behind the preface NARU1.\n';

/** What a browser is told that takes this for a web server. A page of a stranger must not be able to write lines here. */
export const HTTP_ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Connection: close',
  'Content-Type: text/plain',
  `Content-Length: ${HTTP_BODY.length}`,
  '',
  HTTP_BODY,
].join('\r\n');

/** Whether a line is the first of an HTTP request. RFC 9112, section 3. */
export function isHttpRequest(line: string): boolean {
  return /^[A-Z]+ \S+ HTTP\/\d/.test(line);
}
