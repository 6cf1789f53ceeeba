import { describe, expect, it } from 'vitest';
import type { Place } from '../../page/motion/geometry.js';
import { Predictor } from '../../page/motion/predictor.js';

/** A step to the right or the left, up to a wall at 100. */
const step = (body: Place, input: number): Place => ({ x: Math.min(100, body.x + input), y: body.y });

const make = (x = 0) => new Predictor<Place, number>(step, { x, y: 0 }, 50);

describe('the prediction of the own body', () => {
  it('moves at once', () => {
    const predictor = make();
    predictor.take(1, 5);
    expect(predictor.body.x).toBe(5);
    expect(predictor.at(0).x).toBe(0);
    expect(predictor.at(0.5).x).toBe(2.5);
  });

  it('agrees with a server that computes the same', () => {
    const predictor = make();
    for (let sequence = 1; sequence <= 10; sequence++) predictor.take(sequence, 5);
    expect(predictor.reconcile({ x: 30, y: 0 }, 6)).toBe(0);
    expect(predictor.waiting.map(({ sequence }) => sequence)).toEqual([7, 8, 9, 10]);
    expect(predictor.body.x).toBe(50);
  });

  it('goes by the server without a visible jump', () => {
    const predictor = make();
    for (let sequence = 1; sequence <= 10; sequence++) predictor.take(sequence, 5);
    const before = predictor.at(0.4).x;
    // The server did not get one of the inputs.
    expect(predictor.reconcile({ x: 25, y: 0 }, 6)).toBe(5);
    expect(predictor.body.x).toBe(45);
    expect(predictor.at(0.4).x).toBeCloseTo(before, 9);
    for (let sequence = 11; sequence <= 40; sequence++) predictor.take(sequence, 0);
    expect(predictor.at(1).x).toBeCloseTo(45, 1);
  });

  it('goes at once to the place where the server has put the player', () => {
    const predictor = make();
    predictor.take(1, 5);
    predictor.reconcile({ x: -400, y: 7 }, 1);
    expect(predictor.at(0)).toEqual({ x: -400, y: 7 });
    expect(predictor.at(1)).toEqual({ x: -400, y: 7 });
  });

  it('repeats the inputs against the walls', () => {
    const predictor = make(80);
    for (let sequence = 1; sequence <= 6; sequence++) predictor.take(sequence, 5);
    expect(predictor.body.x).toBe(100);
    expect(predictor.reconcile({ x: 85, y: 0 }, 1)).toBe(0);
    expect(predictor.body.x).toBe(100);
  });

  it('remembers two seconds of inputs at the most', () => {
    const predictor = make();
    for (let sequence = 1; sequence <= 500; sequence++) predictor.take(sequence, 0);
    expect(predictor.waiting.length).toBe(60);
    expect(predictor.waiting.at(-1)?.sequence).toBe(500);
  });

  it('begins anew at an entrance', () => {
    const predictor = make();
    predictor.take(1, 5);
    predictor.reset({ x: 9, y: 9 });
    expect(predictor.waiting).toEqual([]);
    expect(predictor.at(0.5)).toEqual({ x: 9, y: 9 });
  });
});
