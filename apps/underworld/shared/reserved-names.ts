/** Compares names of stations as people see them, and reserves those that could pass for the service itself. */

/** A folded name: names that differ only in case, width, spacing, digits or look-alike letters become equal. */
export function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .normalize('NFC')
    .replace(/./gu, (letter) => LATIN.get(letter) ?? letter);
}

/** Whether a name could pass for the service itself. */
export function isReservedName(name: string): boolean {
  const folded = foldName(name);
  return RESERVED.some((word) => folded.includes(foldName(word)));
}

/** Latin letters, each followed by the digits and letters of other scripts that look like it in lower or upper case. */
const LOOK_ALIKES = 'aаα bвβ cсϲ dԁ eеε hнηһ iіιı jј kкκ lӏ1 mмμ nν oоο0 pрρ sѕ tтτ wԝ xхχ yυуү zζ';

const LATIN: ReadonlyMap<string, string> = new Map(
  LOOK_ALIKES.split(' ').flatMap(([letter = '', ...drawn]) => drawn.map((other) => [other, letter] as const)),
);

const RESERVED = [
  'system',
  'admin',
  'moderator',
  'official',
  'support',
  'naru',
  'underworldline',
  '시스템',
  '운영자',
  '운영진',
  '관리자',
  '관리인',
  '공식',
  '역무원',
  '나루',
];
