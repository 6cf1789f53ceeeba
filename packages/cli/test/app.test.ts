import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import { ConfigError } from '../../naru/src/base/errors.js';
import { findApp, loadApp } from '../src/app.js';

const manifest = (naru: unknown) => JSON.stringify({ name: 'ferry', type: 'module', naru });

describe('findApp', () => {
  it('reads the paths of the parts from package.json', () => {
    const folder = makeFolder({
      'package.json': manifest({ entry: './dist/server.js', public: './dist/public' }),
      'dist/server.js': '',
    });
    expect(findApp(folder)).toEqual({
      name: 'ferry',
      folder,
      entry: join(folder, 'dist/server.js'),
      publicFolder: join(folder, 'dist/public'),
    });
  });

  it('uses index.js and public by default', () => {
    const folder = makeFolder({ 'index.js': '' });
    expect(findApp(folder)).toMatchObject({ entry: join(folder, 'index.js'), publicFolder: join(folder, 'public') });
  });

  it('accepts a module, with the folder public beside it', () => {
    const folder = makeFolder({ 'chat.mjs': '' });
    expect(findApp(join(folder, 'chat.mjs'))).toEqual({
      name: 'chat.mjs',
      folder,
      entry: join(folder, 'chat.mjs'),
      publicFolder: join(folder, 'public'),
    });
  });

  it('says what to do when nothing exists, or nothing is built', () => {
    const folder = makeFolder({ 'package.json': manifest({ entry: './dist/server.js' }) });
    expect(() => findApp(join(folder, 'none'))).toThrow(ConfigError);
    expect(() => findApp(folder)).toThrow(/dist\/server\.js does not exist; build the app first/);
  });

  it.each([
    ['{', /package\.json is not readable as JSON/],
    [manifest({ entry: 5 }), /naru\.entry .* must be a string/],
    [manifest({ public: null }), /naru\.public .* must be a string/],
  ])('refuses the manifest %s', (text, message) => {
    const folder = makeFolder({ 'package.json': text, 'index.js': '' });
    expect(() => findApp(folder)).toThrow(message);
    expect(() => findApp(folder)).toThrow(ConfigError);
  });

  it('ignores a manifest that is not an object, or names nothing', () => {
    for (const text of ['5', 'null', '{"naru":null}']) {
      const folder = makeFolder({ 'package.json': text, 'index.js': '' });
      expect(findApp(folder).entry).toBe(join(folder, 'index.js'));
    }
  });
});

describe('loadApp', () => {
  const load = (source: string, name = 'app.mjs') => loadApp(findApp(join(makeFolder({ [name]: source }), name)));

  it.each([
    ['a function by name', 'export function app() { return 7 }', 'app.mjs'],
    ['a default function', 'export default () => 7', 'app.mjs'],
    ['a CommonJS function', 'module.exports = () => 7', 'app.cjs'],
    ['a CommonJS object', 'exports.app = () => 7', 'app.cjs'],
    ['a CommonJS default', 'exports.default = () => 7', 'app.cjs'],
  ])('accepts %s', async (_claim, source, name) => {
    const { app, options } = await load(source, name);
    expect((app as unknown as () => number)()).toBe(7);
    expect(options).toEqual({});
  });

  it('accepts options beside it', async () => {
    const esm = await load('export const options = { path: "/x" }; export const app = () => {}');
    expect(esm.options).toEqual({ path: '/x' });
    const cjs = await load('module.exports = { app() {}, options: { path: "/y" } }', 'app.cjs');
    expect(cjs.options).toEqual({ path: '/y' });
  });

  it.each([['export const apps = 1'], ['export const app = 5'], ['export const app = () => {}, options = 5']])(
    'refuses %s with a line',
    async (source) => {
      await expect(load(source)).rejects.toThrow(ConfigError);
    },
  );

  it('passes on an error of the app', async () => {
    await expect(load('throw new TypeError("mine")')).rejects.toThrow('mine');
  });
});
