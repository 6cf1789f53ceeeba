/** The fixed texts of line mode: the greeting, the help, and the answer to HTTP requests. */

/** The line that a program sends first. Records follow instead of lines. It may carry a query: `NARU1?a=b`. */
export const PREFACE_LINE = 'NARU1';

/** Whether a line is the preface of a program. */
export function isPreface(line: string): boolean {
  return line === PREFACE_LINE || line.startsWith(`${PREFACE_LINE}?`);
}

/** The lines that a person sees after connecting. */
export const GREETING: readonly string[] = [
  'Naru: one line, one message. /help shows what you can write, /quit leaves.',
  'Press Enter to join, or send credentials first: /auth {"token":"..."} or /in namespace {"token":"..."}',
];

/** Returns the lines that `/help` shows. `textEvent` is the name of the event that a line of text becomes. */
export function helpLines(textEvent: string): readonly string[] {
  return [
    `hello everybody              text: sends it as the event "${textEvent}" (begin with a space or / to send any line as text)`,
    'say "hi" {"a":1} 2           an event: its name, then JSON values',
    '/emit say hi there           an event; anything that is not JSON is one string',
    '/ask time                    an event with an answer, which you see as: = 1 "noon"',
    '/to lobby say "hi"           an event to everyone in a room, if clients may',
    '/join lobby   /leave lobby   joins a room, if clients may; leaves it',
    '/rooms                       the rooms you are in',
    '/history lobby 20            the last events of a room, newest last, if clients may',
    '/who lobby                   who is in a room, if clients may',
    '/ack 7 "yes"                 answers an event that came with ?7',
    '/auth {...}   /in chat {...} as the first line: sends credentials; joins a namespace',
    '/json   /json off            switches to JSON, one object per line; back to text',
    '{"event":"say","args":["hi"],"room":"lobby","id":7}  works too; bytes are {"$bytes":"base64"}',
    '/quit                        leaves',
    'You see:  say "hi"   #lobby say "hi" (to a room)   ?7 say "hi" (wants /ack 7)   = answer   ! refused   * done',
  ];
}

const HTTP_BODY = 'This is not an HTTP server. It reads lines, or records after the preface NARU1.\n';

/**
 * The answer to an HTTP request. No part of such a request is read as lines, because a web page may have sent it from a
 * visitor's browser.
 */
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
