/** The looks of the fields: their colours, and the pictures of their landmarks. */
import type { Field } from '../../shared/world/field.js';

/**
 * A picture, seen from above: colours with SVG paths on a grid from -10 to 10, from the bottom to the top. The first
 * colour is also that of the light around it, which is seen from far away.
 */
export type Picture = readonly [Layer, ...Layer[]];
type Layer = readonly [colour: string, path: string];

/** The look of a field. Colours have six hexadecimal digits. */
export interface Look {
  readonly floor: string;
  /** The colours of the pattern on the floor: its ground, its lines, and what stands out. */
  readonly inks: readonly [ground: string, lines: string, accent: string];
  /** The colours of walls. */
  readonly roof: string;
  readonly edge: string;
  readonly trim: string;
  /** The light of lamps and windows. */
  readonly light: string;
  /** In the order of the landmarks of the field. */
  readonly landmarks: readonly Picture[];
}

const disc = (x: number, y: number, r: number): string => `M${x} ${y - r}a${r} ${r} 0 1 1-.01 0Z`;
const bar = (x: number, y: number, width: number, height: number): string => `M${x} ${y}h${width}v${height}h${-width}Z`;

/** Pieces around the middle. Each of them gets the direction in which it is. */
function around(count: number, piece: (x: number, y: number) => string): string {
  const angles = Array.from({ length: count }, (_, index) => (2 * Math.PI * index) / count);
  return angles.map((angle) => piece(Math.sin(angle), -Math.cos(angle))).join('');
}

const dots = (count: number, from: number, r: number): string => around(count, (x, y) => disc(x * from, y * from, r));
const spokes = (count: number): string =>
  around(count, (x, y) => `M${-y} ${x}L${x * 9 - y} ${y * 9 + x}L${x * 9 + y} ${y * 9 - x}L${y} ${-x}Z`);

const TURNTABLE: Picture = [
  ['#ffcd6e', disc(0, 0, 10)],
  ['#0c0f17', disc(0, 0, 9.7)],
  ['#2a2f3a', disc(0, 0, 9)],
  ['#514a3c', bar(-9.2, -2.6, 18.4, 5.2)],
  ['#ffcd6e', bar(-9.2, -1.9, 18.4, 0.5) + bar(-9.2, 1.4, 18.4, 0.5) + disc(0, 0, 1)],
];
const SIGNAL: Picture = [
  ['#ff5a4d', disc(0, 0, 9.2)],
  ['#1a0a0d', disc(0, 0, 8.4)],
  ['#ff5a4d', disc(0, 0, 6.8)],
  ['#ffd5cf', disc(-1.6, -1.6, 2.6)],
];
const TOWER: Picture = [
  ['#5ab9ff', disc(0, 0, 9)],
  ['#1f5f8f', disc(0, 0, 7.6)],
  ['#5ab9ff', bar(-9, -0.7, 18, 1.4) + bar(-0.7, -9, 1.4, 18)],
  ['#cfeaff', disc(0, 0, 2)],
];
const CLOCK: Picture = [
  ['#f6e3b0', disc(0, 0, 9.6)],
  ['#a8782a', disc(0, 0, 9.2)],
  ['#f8f1de', disc(0, 0, 8.2)],
  ['#3a2c18', `${dots(12, 7.1, 0.45)}${bar(-0.4, -6, 0.8, 6.4)}M.3.3L-3.9-2.9-3.4-3.5.4-.5Z`],
];
const FLOWERS: Picture = [
  ['#ff7fbf', dots(6, 4.6, 2.9)],
  ['#4f9a52', around(6, (x, y) => disc(-y * 7, x * 7, 2.2))],
  ['#ff7fbf', dots(6, 4.2, 2.6)],
  ['#ffd76a', disc(0, 0, 2.6)],
];
const NOODLES: Picture = [
  ['#ff8a3c', disc(0, 0, 9.2)],
  ['#b8352a', disc(0, 0, 8.8)],
  ['#f0a04b', disc(0, 0, 7.2)],
  ['#ffe9b5', [-4, -2, 0, 2].map((y) => bar(-5.5, y, 9, 0.9)).join('')],
  ['#ffffff', disc(2.8, 3, 2.5)],
  ['#ffb52e', disc(2.8, 3, 1.3)],
  ['#6e4326', 'M-8-9.600L9 3.500 8.300 4.300-8.700-8.800ZM-5.500-9.800L9.600 2 8.900 2.800-6.200-9Z'],
];
const DRILL: Picture = [
  ['#ffe146', disc(0, 0, 9.8)],
  ['#3d403d', disc(0, 0, 9.2)],
  ['#ffe146', spokes(8)],
  ['#e8e4cf', dots(16, 8.6, 0.5) + disc(0, 0, 2.4)],
];
const PUMP: Picture = [
  ['#5aff96', disc(0, 0, 9)],
  ['#163526', disc(0, 0, 7.4)],
  ['#3fbf74', spokes(5)],
  ['#d8ffe6', disc(0, 0, 2.4)],
];
const FAN: Picture = [
  ['#b482ff', disc(0, 0, 9.6)],
  ['#150e26', disc(0, 0, 9)],
  ['#b482ff', around(5, (x, y) => `M0 0L${x * 7 - y * 4.6} ${y * 7 + x * 4.6}L${x * 8.5 - y} ${y * 8.5 + x}Z`)],
  ['#efe4ff', disc(0, 0, 2.2)],
];

/** The looks. */
export const LOOKS: Readonly<Record<Field['name'], Look>> = {
  depot: {
    floor: '#171c28',
    inks: ['#11151f', '#212836', '#3a4456'],
    roof: '#262e3e',
    edge: '#4a5468',
    trim: '#343d50',
    light: '#f2b45a',
    landmarks: [TURNTABLE, SIGNAL, TOWER],
  },
  hall: {
    floor: '#2a2420',
    inks: ['#302924', '#221d1a', '#a8802b'],
    roof: '#4a3a33',
    edge: '#8a6a56',
    trim: '#5d493f',
    light: '#ffe0aa',
    landmarks: [CLOCK, FLOWERS, NOODLES],
  },
  tunnel: {
    floor: '#12262a',
    inks: ['#12262a', '#1b3a40', '#2c5a62'],
    roof: '#2b3a3a',
    edge: '#5a7672',
    trim: '#374a49',
    light: '#78e6c8',
    landmarks: [DRILL, PUMP, FAN],
  },
};
