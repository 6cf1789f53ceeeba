import { describe, expect, it } from 'vitest';
import { Ticker } from '../../page/motion/ticker.js';

describe('the ticks of the page', () => {
  it('are thirty a second, whatever the rate of the screen is', () => {
    for (const frameMs of [7, 16.7, 33, 90]) {
      const ticker = new Ticker(1_000 / 30);
      let ticks = 0;
      for (let at = 0; at <= 10_000; at += frameMs) ticks += ticker.advance(at);
      expect(ticks).toBeGreaterThan(296);
      expect(ticks).toBeLessThanOrEqual(300);
    }
  });

  it('tell how far the present one is', () => {
    const ticker = new Ticker(20);
    ticker.advance(1_000);
    expect(ticker.advance(1_010)).toBe(0);
    expect(ticker.part).toBe(0.5);
    expect(ticker.advance(1_025)).toBe(1);
    expect(ticker.part).toBe(0.25);
  });

  it('run slower when the server has too many inputs', () => {
    const ticker = new Ticker(20);
    ticker.slowness = 2;
    ticker.advance(0);
    expect(ticker.advance(40)).toBe(1);
  });

  it('are not made up after a long pause', () => {
    const ticker = new Ticker(20);
    ticker.advance(0);
    expect(ticker.advance(60_000)).toBe(4);
    expect(ticker.advance(60_020)).toBe(1);
  });
});
