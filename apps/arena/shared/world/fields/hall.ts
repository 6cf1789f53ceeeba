/** The hall where lines meet: shops, gates, and a square with a clock. */
import { landmarksOf, pointsOf, symmetric, wallsOf } from '../field.js';

/** The field. */
export const HALL = symmetric({
  name: 'hall',
  width: 2_200,
  height: 1_700,
  walls: [
    // Shops
    ...wallsOf('block', '180,180,300,120 620,150,120,260 900,200,400,90 1460,150,120,260 1720,180,300,120'),
    // Gates
    ...wallsOf('block', '160,540,140,40 400,540,140,40 1660,540,140,40 1900,540,140,40'),
    // The square
    ...wallsOf('block', '780,590,220,40 780,630,40,130 1200,590,220,40 1380,630,40,130'),
    // The landmarks
    ...wallsOf('block', '1010,760,180,180 220,760,180,180'),
    ...wallsOf('pillar', '560,690,44,44 560,966,44,44 1078,430,44,44'),
  ],
  entrances: pointsOf('60,70 540,70 1100,70 1660,70 2140,70 60,440 800,440 1400,440 2140,440 60,850 480,850'),
  landmarks: landmarksOf('1100,850,180 310,850,180 1890,850,180'),
});
