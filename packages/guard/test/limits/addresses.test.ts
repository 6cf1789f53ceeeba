import { describe, expect, it } from 'vitest';
import { addressFinder } from '../../src/limits/addresses.js';

const behind = (address: string, forwarded?: string) => ({
  address,
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
});

describe('addressFinder', () => {
  it('believes nobody by default', () => {
    const find = addressFinder([]);
    expect(find(behind('10.0.0.1', '6.6.6.6'))).toBe('10.0.0.1');
    expect(find(behind('2001:db8:1:2:3:4:5:6'))).toBe(find(behind('2001:db8:1:2::9')));
  });

  it('believes proxies that are trusted, and nothing that a client has put before', () => {
    const find = addressFinder(['loopback', '10.0.0.0/8']);
    expect(find(behind('127.0.0.1', '6.6.6.6'))).toBe('6.6.6.6');
    expect(find(behind('127.0.0.1', '1.1.1.1, 6.6.6.6, 10.0.0.9'))).toBe('6.6.6.6');
    expect(find(behind('7.7.7.7', '6.6.6.6'))).toBe('7.7.7.7');
    expect(find(behind('127.0.0.1'))).toBe('127.0.0.1');
  });

  it('refuses other words', () => {
    expect(() => addressFinder(['everybody'])).toThrow('Option "limits.trustProxy"');
  });
});
