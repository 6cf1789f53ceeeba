/** The commands of `naru connect`: those of line mode (docs/tcp.md) that make sense here. */

/** The commands, each with its arguments and its effect. */
export const COMMANDS: Readonly<Record<string, string>> = {
  '/emit': 'event value...       send an event; /emit is optional before a JSON value',
  '/ask': 'event value...       send an event and wait for its acknowledgement',
  '/ack': 'number value...      acknowledge the event marked ?number',
  '/join': 'room                 join a room, if the server allows it',
  '/leave': 'room                 leave a room',
  '/to': 'room event value...  send an event to a room, if the server allows it',
  '/rooms': '                     the rooms that you have joined',
  '/help': '                     print this',
  '/quit': '                     leave, like Ctrl-D',
};

/** The lines that `/help` prints. */
export const HELP: readonly string[] = [
  'event "text" {"json":1}   send an event; any other line is sent as text in the event message',
  ...Object.entries(COMMANDS).map(([name, text]) => `${name.padEnd(8)} ${text}`),
  'Tab completes commands, events and rooms; write bytes as {"$bytes":"<base64>"}.',
];
