// Gives short names to properties in the files for pages: to the private names of classes (`#name`), and to the names
// in `inside`. All files for pages use the same short names, because they share modules.
//
// Private names become properties. A bundler with a target before ES2022 would replace each of them by a WeakMap.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

/**
 * Names that only the client's own modules use, unlike those of a page, a transport of its own or a part. They are
 * listed by the class that has them, or by what else has them.
 */
const inside = {
  ClientEmitter: ['applyLocal'],
  CatchAllEmitter: ['notifyAny'],
  Socket: ['onpacket'],
  Transport: ['address'],
  Polling: ['labels', 'onStream'],
  acknowledgement: ['takesError', 'isKeyed', 'stopTimer', 'refusal'],
  listening: ['listener', 'original'],
  EngineSocket: ['setTransport', 'hasPingExpired'],
  Manager: ['holdOff', 'release', 'toUnits'],
  'queued event': ['tryCount', 'isPending'],
  platform: ['memory', 'defaults'],
  memory: ['suggests', 'note'],
  outcome: ['onText', 'onFailure'],
};

/** Objects that pages may extend, or set properties on. */
const OPEN = ['Socket', 'Transport', 'Polling', 'XHR', 'EventStream', 'Fetch', 'acknowledgement'];

// Frequent names take the first letters. Among many orders that were tried, these made the smallest pages.
/** No page sets a property of one capital letter on open objects, or one that begins with `_`. */
const CAPITALS = 'OANBVTPSXMEHYZKQJCURGILWFD';
const LETTERS = 'invroupadewbftsglxymhckjqz';

/** Returns a private name as a property. It is as long as before, so that source maps stay right. */
const asProperty = (name) => `$${name}`;

/** Visits the private names of a module. `onClass` gets each class with its own ones, and `onName` gets every use. */
function visitPrivateNames(file, text, { onClass, onName }) {
  const enter = ({ id, superClass, body }) => {
    const names = body.body.flatMap(({ key }) => (key?.type === 'PrivateIdentifier' ? [asProperty(key.name)] : []));
    // A getter and its setter have one name.
    onClass?.({ name: id?.name, base: superClass?.name, names: [...new Set(names)] });
  };
  const BinaryExpression = ({ left }) => {
    if (left.type === 'PrivateIdentifier') throw new Error(`${file}: "#${left.name} in" has no form without "#"`);
  };
  const visitor = { ClassDeclaration: enter, ClassExpression: enter, BinaryExpression, PrivateIdentifier: onName };
  new Visitor(visitor).visit(parseSync(file, text).program);
}

/** The packages with code for pages, and their sources that pages may use. */
const SOURCES = [
  ['naru', /^(base|client|protocol)\b(?!.node\b).*\.ts$/],
  ['udp', /^(client|protocol)\/lane\b.*\.ts$/],
];

/** Returns the classes of the sources that pages may use, and how often each private name is used. */
function readSources() {
  const classes = [];
  const counts = new Map();
  const onName = ({ name }) => counts.set(asProperty(name), (counts.get(asProperty(name)) ?? 0) + 1);
  for (const [folder, pattern] of SOURCES) {
    const src = fileURLToPath(new URL(`../../packages/${folder}/src`, import.meta.url));
    for (const name of readdirSync(src, { recursive: true }).sort()) {
      if (!pattern.test(name)) continue;
      const text = readFileSync(join(src, name), 'utf8');
      visitPrivateNames(name, text, { onClass: (found) => classes.push(found), onName });
    }
  }
  return { classes, counts };
}

/** Returns the names that the objects of each class have. The names of one object must differ. */
function listFamilies(classes) {
  const namesOf = ({ names, base }) => {
    const bases = base === undefined ? [] : classes.filter(({ name }) => name === base);
    if (bases.length > 1) throw new Error(`Several classes have the name ${base}. Choose another one.`);
    return [...names, ...bases.flatMap(namesOf)];
  };
  return classes.map((found) => {
    const names = namesOf(found);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) throw new Error(`${found.name} has the private name ${twice} of its base class. Choose another one.`);
    return { isOpen: OPEN.includes(found.name), names };
  });
}

function chooseNames() {
  const { classes, counts } = readSources();
  for (const [owner, names] of Object.entries(inside)) {
    const found = classes.find(({ name }) => name === owner);
    if (found) found.names.push(...names);
    else classes.push({ name: owner, names });
    for (const name of names) counts.set(name, 2);
  }
  const families = listFamilies(classes);
  const underscored = [...LETTERS].map((letter) => `_${letter}`);
  const open = [...CAPITALS, ...underscored];
  const all = [...LETTERS, ...open];
  const chosen = {};
  for (const [name] of [...counts].sort(([, a], [, b]) => b - a)) {
    const own = families.filter(({ names }) => names.includes(name));
    const taken = new Set(own.flatMap(({ names }) => names).map((other) => chosen[other]));
    chosen[name] = (own.some(({ isOpen }) => isOpen) ? open : all).find((short) => !taken.has(short));
  }
  return chosen;
}

/**
 * The short name of each name.
 * @type {Readonly<Record<string, string>>}
 */
export const shortNames = chooseNames();

/** Returns options of the minifier. A part that is loaded on demand has no other short names than private ones. */
export function mangleProps(isPart) {
  const names = Object.keys(shortNames).filter((name) => !isPart || name.startsWith('$'));
  return {
    include: new RegExp(`^(${names.join('|').replaceAll('$', '\\$')})$`),
    cache: Object.fromEntries(names.map((name) => [name, shortNames[name]])),
  };
}

/** Makes properties of the private names in modules. */
export const privateNames = {
  name: 'private-names',
  transform: {
    order: 'pre',
    handler(code, id) {
      const file = id.replace(/\?.*/, '');
      if (!/\/src\/.*\.ts$/.test(file)) return undefined;
      let result = code;
      const onName = ({ start, name }) => {
        result = result.slice(0, start) + asProperty(name) + result.slice(start + 1 + name.length);
      };
      visitPrivateNames(file, code, { onName });
      return { code: result, map: null };
    },
  },
};
