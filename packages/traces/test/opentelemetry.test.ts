import * as api from '@opentelemetry/api';
import { expect, it } from 'vitest';
import * as own from '../src/opentelemetry.js';

it('has parts of @opentelemetry/api as they are', () => {
  expect(Object.keys(own).length).toBeGreaterThan(4);
  expect(api).toMatchObject({ ...own });
});
