import { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EngineMiddleware } from '../../../src/server/engine/engine-middleware.js';
import { requestOf } from '../../session/request.js';

describe('EngineMiddleware', () => {
  it('runs the functions in order, each next once, and stops at the first error', () => {
    const middleware = new EngineMiddleware();
    const request = requestOf('/');
    const steps: unknown[] = [];
    middleware.use((_request, _response, next) => {
      steps.push('first');
      next();
      next();
    });
    middleware.use((_request, _response, next) => next('broken'));
    middleware.use(() => steps.push('never'));
    middleware.run(request, new ServerResponse(request), (error) => steps.push(['done', error]));
    expect(steps).toEqual(['first', ['done', 'broken']]);
  });

  it('reports whether it is empty, so that requests can skip it', () => {
    const middleware = new EngineMiddleware();
    expect(middleware.isEmpty).toBe(true);
    middleware.use((_request, _response, next) => next());
    expect(middleware.isEmpty).toBe(false);
  });

  it('passes on the headers that were set for an upgrade', () => {
    const middleware = new EngineMiddleware();
    middleware.use((_request, response, next) => {
      response.setHeader('X-A', '1');
      response.setHeader('Set-Cookie', ['a', 'b']);
      next();
    });
    const done: unknown[] = [];
    middleware.runForUpgrade(requestOf('/'), new PassThrough(), (error, headers) => done.push(error, headers));
    expect(done).toEqual([
      undefined,
      [
        ['x-a', '1'],
        ['set-cookie', 'a'],
        ['set-cookie', 'b'],
      ],
    ]);
  });

  it('lets functions set headers until the head is written', () => {
    const middleware = new EngineMiddleware();
    middleware.use((_request, response, next) => {
      const { writeHead } = response;
      response.writeHead = ((status: number) => {
        response.setHeader('X-Late', 'yes');
        return writeHead.call(response, status);
      }) as typeof response.writeHead;
      next();
    });
    const done: unknown[] = [];
    middleware.runForUpgrade(requestOf('/'), new PassThrough(), (error, headers) => done.push(error, headers));
    expect(done).toEqual([undefined, [['x-late', 'yes']]]);
  });

  it('lets a function answer an upgrade itself', async () => {
    const middleware = new EngineMiddleware();
    middleware.use((_request, response) => {
      response.writeHead(401, { 'Content-Length': 2 }).end('no');
    });
    const socket = new PassThrough();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    const ended = new Promise((resolve) => socket.on('end', resolve));
    middleware.runForUpgrade(requestOf('/'), socket, () => {
      text += 'went on';
    });
    await ended;
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).toMatch(/\r\n\r\nno$/);
  });
});
