/** The layout of the wide map: two lines that cross at the centre, and a third one for stations that riders opened. */
import type { Station } from '../../../shared/protocol.js';

/** A spot on the map, and the side of its label. The label is beside the spot where a rail runs below it. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly label: 'below' | 'right' | 'corner';
}

/** A rail between two stations, which takes its colour from both. */
export interface Rail {
  readonly d: string;
  readonly from: Spot & { readonly hue: number };
  readonly to: Spot & { readonly hue: number };
}

/** The drawing. */
export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly spots: ReadonlyMap<string, Spot>;
  readonly rails: readonly Rail[];
  /** The paths on which a light runs to each station. */
  readonly ways: ReadonlyMap<string, string>;
  /** The planned rail, from the end of the third line to the next free spot. */
  readonly planned: { readonly d: string; readonly spot: Spot };
  /** The line for two, which leaves the map. */
  readonly ride: { readonly d: string; readonly spot: Spot };
  /** The path of the train that moves on the map. */
  readonly run: string;
}

/** Lays out the map. */
export function layOut(stations: readonly Station[]): MapLayout {
  const spots = new Map<string, Spot>();
  const hues = new Map(stations.map((station) => [station.id, station.hue]));
  for (const [id, spot] of Object.entries(LANDMARK_SPOTS)) if (hues.has(id)) spots.set(id, spot);
  const rails: Rail[] = [];
  const ways = new Map<string, string>();
  const rail = (from: string, to: string, corners: readonly Point[]): void => {
    const a = spots.get(from);
    const b = spots.get(to);
    if (!a || !b) return;
    const points = [a, ...corners, b];
    if (!ways.has(from)) ways.set(from, pathOf([...points].reverse()));
    if (!ways.has(to)) ways.set(to, pathOf(points));
    rails.push({
      d: pathOf(points),
      from: { ...a, hue: hues.get(from) ?? 0 },
      to: { ...b, hue: hues.get(to) ?? 0 },
    });
  };
  for (const [from, to, corners] of LANDMARK_RAILS) rail(from, to, corners);

  let last = 'central';
  const made = stations.filter((station) => !station.isPermanent);
  made.forEach((station, index) => {
    spots.set(station.id, slot(index));
    rail(last, station.id, cornersTo(index));
    last = station.id;
  });
  const next = slot(made.length);
  const end = spots.get(last) ?? next;
  return {
    width: WIDTH,
    height: next.y + 90,
    spots,
    rails,
    ways,
    run: pathOf(RUN),
    ride: { d: pathOf([CENTRE, RIDE]), spot: RIDE },
    planned: { d: pathOf([end, ...cornersTo(made.length), next]), spot: next },
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The spots of the third line: rows of five in alternating direction, so that it never crosses itself. */
function slot(index: number): Spot {
  const row = Math.floor((index + ROW_START) / COLUMNS);
  const column = (index + ROW_START) % COLUMNS;
  const x = COLUMN_X[row % 2 === 0 ? column : COLUMNS - 1 - column] ?? 0;
  return { x, y: FIRST_ROW_Y + row * ROW_GAP, label: 'below' };
}

/** The corners of the rail to a spot of the third line. */
function cornersTo(index: number): readonly Point[] {
  const to = slot(index);
  if (index === 0) {
    return [
      { x: CENTRE.x, y: to.y - BEND },
      { x: CENTRE.x + BEND, y: to.y },
    ];
  }
  const from = slot(index - 1);
  if (from.y === to.y) return [];
  // Round the end of a row.
  const side = from.x > CENTRE.x ? 1 : -1;
  const edge = from.x + side * TURN;
  return [
    { x: edge - side * BEND_SMALL, y: from.y },
    { x: edge, y: from.y + BEND_SMALL },
    { x: edge, y: to.y - BEND_SMALL },
    { x: edge - side * BEND_SMALL, y: to.y },
  ];
}

/** A path with its corners rounded. */
function pathOf(points: readonly Point[]): string {
  let d = '';
  points.forEach((point, index) => {
    const before = points[index - 1];
    const after = points[index + 1];
    if (!before) d += `M${point.x} ${point.y}`;
    else if (!after) d += `L${point.x} ${point.y}`;
    else {
      const enter = toward(point, before);
      const leave = toward(point, after);
      d += `L${enter.x} ${enter.y}Q${point.x} ${point.y} ${leave.x} ${leave.y}`;
    }
  });
  return d;
}

function toward(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const step = Math.min(RADIUS, length / 2) / length;
  const round = (value: number): number => Math.round(value * 10) / 10;
  return { x: round(from.x + (to.x - from.x) * step), y: round(from.y + (to.y - from.y) * step) };
}

const WIDTH = 1_000;
const CENTRE: Spot = { x: 500, y: 270, label: 'corner' };
const RIDE: Spot = { x: 500, y: 62, label: 'right' };
const LANDMARK_SPOTS: Readonly<Record<string, Spot>> = {
  central: CENTRE,
  'night-market': { x: 90, y: 130, label: 'below' },
  riverside: { x: 290, y: 130, label: 'below' },
  library: { x: 715, y: 270, label: 'below' },
  'last-stop': { x: 910, y: 180, label: 'below' },
  'music-hall': { x: 740, y: 85, label: 'below' },
  workshop: { x: 250, y: 400, label: 'below' },
};
const LANDMARK_RAILS: readonly (readonly [from: string, to: string, corners: readonly Point[]])[] = [
  ['night-market', 'riverside', []],
  ['riverside', 'central', [{ x: 360, y: 130 }]],
  ['central', 'library', []],
  [
    'library',
    'last-stop',
    [
      { x: 760, y: 270 },
      { x: 850, y: 180 },
    ],
  ],
  ['music-hall', 'central', [{ x: 685, y: 85 }]],
  ['central', 'workshop', [{ x: 370, y: 400 }]],
];

/** From the night market to the last stop. */
const RUN: readonly Point[] = [
  { x: 90, y: 130 },
  { x: 360, y: 130 },
  { x: 500, y: 270 },
  { x: 760, y: 270 },
  { x: 850, y: 180 },
  { x: 910, y: 180 },
];

const COLUMNS = 5;
const COLUMN_X = [135, 317.5, 500, 682.5, 865];
/** The first row of the third line begins right of the stem that comes down from the centre. */
const ROW_START = 3;
const FIRST_ROW_Y = 470;
const ROW_GAP = 112;
const BEND = 60;
/** The distance from the last station of a row to the turn of the rail. A label takes at most 85 to each side. */
const TURN = 97;
const BEND_SMALL = 26;
const RADIUS = 22;
