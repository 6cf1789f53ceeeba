/** Reads the command line. */
import { parseArgs } from 'node:util';
import { ROUNDS_MAX } from './rounds.mjs';

/** The rows that a change must not slow down. */
export const AGAINST_ROWS = [
  'fanout-1',
  'fanout-16',
  'fanout-16-log',
  'fanout-16-local',
  'ack-1',
  'ack-8',
  'idle',
  'connect',
  'recover-10000',
  'cluster-fanout-16',
];

export const USAGE = `npm run bench -- [options]

  --only <names>     rows or groups, comma separated: fanout, ack, idle, connect, polling, bundle, fanout-16, ...
  --all              every row, in parts of at most 60 minutes, one after another; writes bench/RESULTS.md at the end
  --part <k/n>       one part of --all. The last one that is missing joins all of them; a part that was interrupted
                     goes on where it was
  --targets <names>  socket.io, ws, naru, naru-websocket, naru-websocket-broadcast, raw, raw-polling
  --rounds <n>       the most rounds of a row (default 10; 1 with --quick or --prof). Its targets take turns. A row ends
                     earlier, after 4 rounds or more, when its 95 % interval is within 5 %
  --seconds <n>      how long a rate is measured (default 3)
  --quick            one round of one second, fewer connects, no controls
  --prof             writes a CPU profile of each server to bench/out/profiles (the numbers are then not comparable)
  --no-build         uses dist/ as it is
  --list             names the rows; with --all, also the parts and about how long they take
  --against <commit> compares this working tree with another commit, see below

Every run writes bench/out/latest.json. With --all it writes bench/RESULTS.md too, or says why not: rows that are missing,
a single round, a short measurement, or a source that is newer than the run.

With --against, both commits are built in a temporary folder, and each row runs on both of them, in pairs.
  --only <names>     the rows (default ${AGAINST_ROWS.join(', ')})
  --targets <names>  the targets of each row (default: the one of Naru by which the row is judged)
  --rounds <n>       the most rounds of a row, from 10 to 40 (default 40). A row ends earlier when its verdict is settled
  --seconds, --quick as above
It writes bench/out/against.json, and ends with exit code 1 after a loss or a failure.`;

/** @param {string[]} args */
export function readArguments(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      targets: { type: 'string' },
      rounds: { type: 'string' },
      all: { type: 'boolean', default: false },
      part: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      prof: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const names = (/** @type {string | undefined} */ list) => list?.split(',').map((name) => name.trim());
  const isAgainst = values.against !== undefined;
  if (isAgainst && (values.prof || values['no-build']))
    throw new RangeError(
      'Option "--against" builds two commits and measures both, so leave "--prof" and "--no-build" out.',
    );
  const isChosen = isAgainst || values.all || values.only !== undefined || values.list || values.help;
  if (!isChosen) throw new RangeError('Choose rows with "--only", or run all of them with "--all". See "--help".');
  if (values.all && (isAgainst || values.prof || values['no-build']))
    throw new RangeError(
      'Option "--all" builds and measures this commit, so leave "--against", "--prof" and "--no-build" out.',
    );
  return {
    isAll: values.all,
    part: partOf(values.part, values.all),
    against: values.against,
    only: names(values.only) ?? (isAgainst ? AGAINST_ROWS : undefined),
    targets: names(values.targets),
    rounds: isAgainst
      ? pairs(values.rounds)
      : positive('rounds', values.rounds, values.quick || values.prof ? 1 : ROUNDS_MAX),
    seconds: positive('seconds', values.seconds, values.quick ? 1 : 3),
    isQuick: values.quick,
    isProfiled: values.prof,
    isBuilt: !values['no-build'],
    isList: values.list,
    isHelp: values.help,
  };
}

/**
 * @param {string | undefined} text such as `2/4`
 * @param {boolean} isAll
 */
function partOf(text, isAll) {
  if (text === undefined) return undefined;
  const [, part, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (!isAll || part === undefined || of === undefined || part < 1 || part > of)
    throw new RangeError(`Option "--part" must be like "2/4", beside "--all", got "${text}".`);
  return { part, of };
}

/** @param {string} name @param {string | undefined} text @param {number} otherwise */
function positive(name, text, otherwise) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`Option "--${name}" must be a positive number, got "${text}".`);
  return value;
}

/** @param {string | undefined} text */
function pairs(text = '40') {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 10 && value <= 40) return value;
  throw new RangeError(`Option "--rounds" must be a whole number from 10 to 40 beside "--against", got "${text}".`);
}
