import { afterEach, describe, expect, it, vi } from 'vitest';
import { assisted } from '../../page/input/assist.js';
import { Controls } from '../../page/input/controls.js';
import { Keys } from '../../page/input/keys.js';
import { STICK_REACH, Thumbs } from '../../page/input/thumbs.js';

describe('the keys', () => {
  const angleOf = (...codes: string[]): number | undefined => {
    const keys = new Keys();
    for (const code of codes) keys.down(code);
    return keys.move?.angle;
  };

  it('lead in eight directions, with letters and arrows', () => {
    expect(angleOf('KeyD')).toBe(0);
    expect(angleOf('ArrowDown', 'ArrowRight')).toBeCloseTo(Math.PI / 4, 9);
    expect(angleOf('KeyW', 'KeyA')).toBeCloseTo((-3 * Math.PI) / 4, 9);
  });

  it('cancel each other out', () => {
    expect(angleOf('KeyW', 'KeyS')).toBeUndefined();
    expect(angleOf('KeyW', 'KeyS', 'KeyD')).toBe(0);
    expect(angleOf('KeyW', 'ArrowUp', 'KeyD')).toBeCloseTo(-Math.PI / 4, 9);
  });

  it('leave other keys to the page', () => {
    const keys = new Keys();
    expect([keys.down('Tab'), keys.down('KeyW'), keys.down('Space')]).toEqual([false, true, true]);
  });

  it('keep a press that was shorter than a tick', () => {
    const keys = new Keys();
    keys.down('Space');
    keys.up('Space');
    expect([keys.takeFire(), keys.takeFire()]).toEqual([true, false]);
  });

  it('are let go together', () => {
    const keys = new Keys();
    keys.down('KeyW');
    keys.down('Space');
    keys.clear();
    expect([keys.move, keys.takeFire()]).toEqual([undefined, false]);
  });
});

describe('the thumbs', () => {
  it('have a stick where they touch, one for each half', () => {
    const thumbs = new Thumbs();
    thumbs.down(1, 50, 300, 360);
    thumbs.down(2, 300, 300, 360);
    thumbs.move(1, 50 + STICK_REACH, 300);
    thumbs.move(2, 300, 300 - STICK_REACH);
    expect(thumbs.moved).toEqual({ angle: 0, strength: 1 });
    expect(thumbs.aimed?.angle).toBeCloseTo(-Math.PI / 2, 9);
    thumbs.up(1);
    expect(thumbs.moved).toBeUndefined();
    expect(thumbs.aimed).toBeDefined();
  });

  it('rest near the place where they touched', () => {
    const thumbs = new Thumbs();
    thumbs.down(1, 50, 300, 360);
    thumbs.move(1, 54, 302);
    expect(thumbs.moved).toBeUndefined();
  });

  it('walk slowly with a stick that is not pushed far', () => {
    const thumbs = new Thumbs();
    thumbs.down(1, 50, 300, 360);
    thumbs.move(1, 50 + STICK_REACH / 2, 300);
    expect(thumbs.moved?.strength).toBeGreaterThan(0.2);
    expect(thumbs.moved?.strength).toBeLessThan(0.6);
  });

  it('turn at once after they went far', () => {
    const thumbs = new Thumbs();
    thumbs.down(1, 50, 300, 360);
    thumbs.move(1, 170, 300);
    thumbs.move(1, 170 - STICK_REACH * 2, 300);
    expect(thumbs.moved?.angle).toBeCloseTo(Math.PI, 9);
  });

  it('fire with a tap and with a stick that is pushed', () => {
    const thumbs = new Thumbs();
    thumbs.down(1, 300, 300, 360);
    thumbs.up(1);
    expect([thumbs.takeFire(), thumbs.takeFire()]).toEqual([true, false]);
    thumbs.down(2, 300, 300, 360);
    thumbs.takeFire();
    thumbs.move(2, 300 + STICK_REACH, 300);
    expect([thumbs.takeFire(), thumbs.takeFire()]).toEqual([true, true]);
  });

  it('ignore a third finger', () => {
    const thumbs = new Thumbs();
    thumbs.down(1, 50, 300, 360);
    thumbs.down(2, 60, 300, 360);
    thumbs.up(2);
    expect(thumbs.left?.pointer).toBe(1);
  });
});

describe('the help with aiming', () => {
  const own = { x: 0, y: 0 };

  it('turns to a player who is nearly met', () => {
    expect(assisted(0.1, own, [{ x: 300, y: 0 }], 0.16)).toBe(0);
  });

  it('leaves an aim alone that is far from everybody', () => {
    expect(assisted(0.5, own, [{ x: 300, y: 0 }], 0.16)).toBe(0.5);
  });

  it('chooses the player nearest to the aim', () => {
    const targets = [
      { x: 300, y: 60 },
      { x: 300, y: 0 },
    ];
    expect(assisted(0.05, own, targets, 0.4)).toBe(0);
  });
});

describe('the controls', () => {
  const surroundings = { own: { x: 0, y: 0 }, ownOnScreen: { x: 180, y: 300 }, targets: [] };

  it('aim where the keys lead, and stay there when the keys are let go', () => {
    const controls = new Controls();
    controls.keys.down('KeyS');
    controls.keys.down('Space');
    expect(controls.read(surroundings)).toEqual({
      move: { angle: Math.PI / 2, strength: 1 },
      aim: Math.PI / 2,
      isFiring: true,
    });
    controls.clear();
    expect(controls.read(surroundings)).toEqual({ move: undefined, aim: Math.PI / 2, isFiring: false });
  });

  it('aim with the right thumb while the left one moves', () => {
    const controls = new Controls();
    controls.thumbs.down(1, 50, 300, 360);
    controls.thumbs.down(2, 300, 300, 360);
    controls.thumbs.move(1, 0, 300);
    controls.thumbs.move(2, 360, 300);
    const { move, aim, isFiring } = controls.read(surroundings);
    expect([move?.angle, aim, isFiring]).toEqual([Math.PI, 0, true]);
    expect(controls.device).toBe('thumbs');
  });

  describe('on a page', () => {
    const field = Object.assign(new EventTarget(), {
      focus: () => undefined,
      getBoundingClientRect: () => ({ left: 0, top: 0, width: 360 }),
    });
    const raise = (type: string, fields: object): unknown =>
      field.dispatchEvent(Object.assign(new Event(type), fields));
    const attached = (): Controls => {
      vi.stubGlobal('addEventListener', field.addEventListener.bind(field));
      const controls = new Controls();
      controls.attach(field as unknown as HTMLElement, () => false);
      return controls;
    };
    afterEach(() => vi.unstubAllGlobals());

    it('let the keys go with the command key, because the browser does not say which went up meanwhile', () => {
      const controls = attached();
      raise('keydown', { code: 'KeyW', key: 'w' });
      expect(controls.read(surroundings).move).toBeDefined();
      raise('keyup', { code: 'MetaLeft', key: 'Meta' });
      expect(controls.read(surroundings).move).toBeUndefined();
    });

    it('stop firing when the first button goes up while another one is held', () => {
      const controls = attached();
      const at = { pointerType: 'mouse', clientX: 0, clientY: 0 };
      raise('pointerdown', { ...at, button: 0, buttons: 1 });
      raise('pointermove', { ...at, buttons: 3 });
      expect([1, 2].map(() => controls.read(surroundings).isFiring)).toEqual([true, true]);
      raise('pointermove', { ...at, buttons: 2 });
      expect(controls.read(surroundings).isFiring).toBe(false);
    });
  });
});
