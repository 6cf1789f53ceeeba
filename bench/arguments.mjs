/** Reads the command line. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [options]

  --only <names>     rows or groups, comma separated: fanout, ack, idle, connect, polling, bundle, fanout-16, ...
  --targets <names>  socket.io, ws, naru, naru-websocket, naru-websocket-broadcast, raw, raw-polling
  --rounds <n>       how often each row runs on each target, in turns (default 3; 1 with --quick or --prof)
  --seconds <n>      how long a rate is measured (default 3)
  --quick            one round of one second, fewer connects, no controls
  --prof             writes a CPU profile of each server to bench/out/profiles (the numbers are then not comparable)
  --no-build         uses dist/ as it is
  --list             names the rows

A run of everything (no --only, --targets, --quick, --prof) writes bench/RESULTS.md. Every run writes bench/out/latest.json.`;

/** @param {string[]} args */
export function readArguments(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      targets: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      prof: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const names = (/** @type {string | undefined} */ list) => list?.split(',').map((name) => name.trim());
  return {
    only: names(values.only),
    targets: names(values.targets),
    rounds: positive('rounds', values.rounds, values.quick || values.prof ? 1 : 3),
    seconds: positive('seconds', values.seconds, values.quick ? 1 : 3),
    isQuick: values.quick,
    isProfiled: values.prof,
    isBuilt: !values['no-build'],
    isList: values.list,
    isHelp: values.help,
  };
}

/** @param {string} name @param {string | undefined} text @param {number} otherwise */
function positive(name, text, otherwise) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`Option "--${name}" must be a positive number, got "${text}".`);
  return value;
}
