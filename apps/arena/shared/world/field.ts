/** A field: one place of the night metro, seen from above. Distances are in units; x grows to the right and y down. */

/** A place. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle that stops movement, sight and beams. */
export interface Wall extends Point {
  readonly width: number;
  readonly height: number;
  readonly kind: 'carriage' | 'pillar' | 'block';
}

/** Something that players know by its name. It fills a square around its middle. */
export interface Landmark extends Point {
  readonly size: number;
}

/** A field. Its edges stop everything, too. */
export interface Field {
  readonly name: 'depot' | 'hall' | 'tunnel';
  readonly width: number;
  readonly height: number;
  readonly walls: readonly Wall[];
  /** The places where players enter. */
  readonly entrances: readonly Point[];
  readonly landmarks: readonly Landmark[];
}

/** A field of which one half is written down. Turned by half it is the same, so neither side has an advantage. */
export function symmetric({ walls, entrances, ...field }: Field): Field {
  const turned = ({ x, y }: Point): Point => ({ x: field.width - x, y: field.height - y });
  const twins = walls.map((wall) => ({ ...wall, ...turned({ x: wall.x + wall.width, y: wall.y + wall.height }) }));
  return {
    ...field,
    walls: withTwins(walls, twins),
    entrances: withTwins(entrances, entrances.map(turned)),
  };
}

/** Walls of one kind, from a list of `x,y,width,height`. */
export function wallsOf(kind: Wall['kind'], list: string): Wall[] {
  return numbersIn(list).map(([x = 0, y = 0, width = 0, height = 0]) => ({ x, y, width, height, kind }));
}

/** Places, from a list of `x,y`. */
export function pointsOf(list: string): Point[] {
  return numbersIn(list).map(([x = 0, y = 0]) => ({ x, y }));
}

/** Landmarks, from a list of `x,y,size`. */
export function landmarksOf(list: string): Landmark[] {
  return numbersIn(list).map(([x = 0, y = 0, size = 0]) => ({ x, y, size }));
}

function numbersIn(list: string): number[][] {
  return list.split(/\s+/).map((each) => each.split(',').map(Number));
}

/** Adds the twins of all that are not their own. */
function withTwins<T extends Point>(all: readonly T[], twins: readonly T[]): readonly T[] {
  return [...all, ...twins.filter(({ x, y }) => !all.some((each) => each.x === x && each.y === y))];
}
