/**
 * Gives a page a camera whose pictures are drawn: houses at night, which pass behind a river. Each `seed` makes another
 * town. Runs in the page, before anything else.
 */
export function drawCamera(seed) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 540 });
  const pen = canvas.getContext('2d');
  /** The same number between 0 and 1 for the same index, each time. */
  const chance = (index) => Math.abs(Math.sin((index + 97 * seed) * 12.9898) * 43_758.5453) % 1;
  const fill = (colour, ...box) => {
    pen.fillStyle = colour;
    pen.fillRect(...box);
  };
  const [sky, river, wave] = ['18%', '11%', '28%'].map((light) => `hsl(${220 + 35 * seed} 45% ${light})`);
  const draw = () => {
    const s = performance.now() / 1_000;
    fill(sky, 0, 0, 960, 380);
    pen.fillStyle = '#f4e7c5';
    pen.beginPath();
    pen.arc(200 + 600 * chance(1), 110, 46, 0, 2 * Math.PI);
    pen.fill();
    for (let place = -1; place < 13; place++) {
      const house = place + Math.floor(s / 2);
      const [x, top] = [(place - ((s / 2) % 1)) * 80, 170 + 150 * chance(house)];
      fill('#070b16', x, top, 66, 380 - top);
      for (let pane = 0; pane < 21; pane++)
        if (chance(house * 31 + pane) > 0.6)
          fill('#f2b35c', x + 10 + (pane % 3) * 18, top + 14 + Math.floor(pane / 3) * 24, 9, 12);
    }
    fill(river, 0, 380, 960, 160);
    for (let each = 0; each < 26; each++)
      fill(wave, (chance(each) * 960 + s * 30) % 960, 392 + each * 5.5, 30 + 60 * chance(each + 50), 2);
  };
  setInterval(draw, 66);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
}
