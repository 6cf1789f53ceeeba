/** What a person can type at `naru connect`: the language of line mode (docs/tcp.md), as far as it means something here. */

/** The commands, each with what it takes and does. */
export const COMMANDS: Readonly<Record<string, string>> = {
  '/emit': 'event value...       send an event; also without /emit where a JSON value follows',
  '/ask': 'event value...       send an event and wait for its acknowledgement',
  '/ack': 'number value...      acknowledge an event that came with ?number',
  '/join': 'room                 enter a room, where the server lets clients',
  '/leave': 'room                 leave a room',
  '/to': 'room event value...  send an event to a room, where the server lets clients',
  '/rooms': '                     the rooms that were entered by /join',
  '/help': '                     this',
  '/quit': '                     end, as Ctrl-D does',
};

/** What `/help` prints. */
export const HELP: readonly string[] = [
  'event "text" {"json":1}   send an event; any other line is a text and sent as the event message',
  ...Object.entries(COMMANDS).map(([name, text]) => `${name.padEnd(8)} ${text}`),
  'Tab completes commands, events and rooms; bytes are written {"$bytes":"<base64>"}.',
];
