/**
 * The field: a depot of the night metro, seen from above. Distances are in units; x grows to the right and y grows
 * downwards.
 */

/** A rectangle that stops movement, sight and beams. */
export interface Wall {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: 'carriage' | 'pillar';
}

/** A place. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The version of the map. A page with another one has to be loaded again. */
export const MAP_VERSION = 1;

/** The size of the field. Its edges stop everything, too. */
export const FIELD = { width: 2_400, height: 1_600 } as const;

/** All walls. The map is the same when it is turned by half. */
export const WALLS: readonly Wall[] = [
  ...row(210, [
    [160, 460],
    [740, 340],
    [1_320, 340],
    [1_780, 460],
  ]),
  ...row(480, [
    [420, 380],
    [1_040, 320],
    [1_600, 380],
  ]),
  ...row(755, [
    [120, 320],
    [640, 400],
    [1_360, 400],
    [1_960, 320],
  ]),
  ...row(1_030, [
    [420, 380],
    [1_040, 320],
    [1_600, 380],
  ]),
  ...row(1_300, [
    [160, 460],
    [740, 340],
    [1_320, 340],
    [1_780, 460],
  ]),
  ...pillars(372, [300, 660, 1_182, 1_704, 2_064]),
  ...pillars(644, [240, 880, 1_484, 2_124]),
  ...pillars(920, [240, 880, 1_484, 2_124]),
  ...pillars(1_192, [300, 660, 1_182, 1_704, 2_064]),
];

/** The places where players enter. */
export const ENTRANCES: readonly Point[] = [
  ...[60, 700, 1_200, 1_700, 2_340].map((x) => ({ x, y: 100 })),
  ...[60, 900, 1_500, 2_340].map((x) => ({ x, y: 430 })),
  ...[60, 540, 1_200, 1_860, 2_340].map((x) => ({ x, y: 800 })),
  ...[60, 900, 1_500, 2_340].map((x) => ({ x, y: 1_170 })),
  ...[60, 700, 1_200, 1_700, 2_340].map((x) => ({ x, y: 1_500 })),
];

function row(y: number, carriages: readonly (readonly [x: number, width: number])[]): Wall[] {
  return carriages.map(([x, width]) => ({ x, y, width, height: 90, kind: 'carriage' }));
}

function pillars(y: number, places: readonly number[]): Wall[] {
  return places.map((x) => ({ x, y, width: 36, height: 36, kind: 'pillar' }));
}
