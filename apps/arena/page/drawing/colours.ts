/** The colours of the field. It is dark in both themes, because the depot is always dark. */

/** The colours. */
export const COLOURS = {
  void: '#05060a',
  floor: '#10141d',
  lane: '#0c0f16',
  rail: '#2b3342',
  sleeper: '#191e29',
  lamp: '#f2b45a',
  roof: '#1d2330',
  roofEdge: '#3a4354',
  roofLine: '#2a3140',
  pillar: '#262d3b',
  ink: '#eceef3',
  dark: '#0b0d12',
  bad: '#ff6b5e',
  shadow: 'rgb(3 4 7 / 80%)',
} as const;
