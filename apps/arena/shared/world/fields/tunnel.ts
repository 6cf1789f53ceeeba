/** The tunnel that water got into: three tubes side by side, with pipes in them. */
import { landmarksOf, pointsOf, symmetric, wallsOf } from '../field.js';

/** The field. */
export const TUNNEL = symmetric({
  name: 'tunnel',
  width: 2_400,
  height: 1_500,
  walls: [
    // The wall between two tubes
    ...wallsOf('block', '0,440,300,80 420,440,420,80 1000,440,400,80 1560,440,420,80 2100,440,300,80'),
    // Pipes
    ...wallsOf(
      'block',
      `200,140,60,180 460,190,180,60 780,0,60,180 780,320,60,120 1020,160,110,110
      1270,160,110,110 1560,0,60,180 1560,320,60,120 1760,190,180,60 2140,140,60,180`,
    ),
    // The landmarks
    ...wallsOf('block', '1100,650,200,200 420,660,180,180'),
    ...wallsOf('pillar', '200,728,44,44 760,610,44,44 760,846,44,44'),
  ],
  entrances: pointsOf(
    '60,70 360,70 1200,70 2040,70 2340,70 60,370 560,370 920,370 1480,370 1840,370 2340,370 60,750 900,750',
  ),
  landmarks: landmarksOf('1200,750,200 510,750,180 1890,750,180'),
});
