/** The depot: rows of carriages that stand for the night. */
import { landmarksOf, pointsOf, symmetric, wallsOf } from '../field.js';

/** The field. */
export const DEPOT = symmetric({
  name: 'depot',
  width: 2_400,
  height: 1_600,
  walls: [
    ...wallsOf(
      'carriage',
      `160,210,460,90 740,210,340,90 1320,210,340,90 1780,210,460,90
      420,480,380,90 1040,480,320,90 1600,480,380,90 120,755,320,90 640,755,400,90`,
    ),
    ...wallsOf('pillar', '300,372,36,36 660,372,36,36 1182,372,36,36 1704,372,36,36 2064,372,36,36'),
    ...wallsOf('pillar', '240,644,36,36 1484,644,36,36'),
    ...wallsOf('block', '850,614,96,96'),
  ],
  entrances: pointsOf(
    '60,100 700,100 1200,100 1700,100 2340,100 60,430 900,430 1500,430 2340,430 60,800 540,800 1200,800',
  ),
  landmarks: landmarksOf('1200,800,240 898,662,96 1502,938,96'),
});
