/**
 * Imports go one way: core ← flow ← media ← {siblings} ← pipeline ← {live, recorded} ← jobs ← app ← cli ← main.
 * See docs/architecture.md.
 */
const SIBLINGS = ['ingest', 'inference', 'temporal', 'delivery', 'record', 'evaluate'];
const ABOVE = {
  media: '^src/(pipeline/|live/|recorded/|jobs/|app|cli|main)',
  pipeline: '^src/(live/|recorded/|jobs/|app|cli|main)',
  live: '^src/(recorded/|jobs/|app|cli|main)',
  recorded: '^src/(live/|jobs/|app|cli|main)',
  jobs: '^src/(app|cli|main)',
  app: '^src/(cli/|main)',
  cli: '^src/main',
};

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'core-is-a-leaf', severity: 'error', from: { path: '^src/core/' }, to: { path: '^src/(?!core/)' } },
    {
      name: 'core-imports-no-package',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['npm', 'core'] },
    },
    {
      name: 'flow-knows-only-core',
      severity: 'error',
      from: { path: '^src/flow/' },
      to: { path: '^src/(?!core/|flow/)' },
    },
    {
      name: 'telemetry-knows-only-core',
      severity: 'error',
      from: { path: '^src/telemetry/' },
      to: { path: '^src/(?!core/|telemetry/)' },
    },
    {
      name: 'config-knows-only-core-and-flow',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/(?!core/|flow/|config/)' },
    },
    {
      name: 'media-knows-what-is-below',
      severity: 'error',
      from: { path: '^src/media/' },
      to: { path: '^src/(?!core/|flow/|telemetry/|config/|media/)' },
    },
    ...SIBLINGS.map((name) => ({
      name: `${name}-knows-no-sibling`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: { path: `^src/(?!core/|flow/|media/|telemetry/|config/|${name}/)` },
    })),
    ...Object.entries(ABOVE).map(([name, above]) => ({
      name: `${name}-does-not-look-up`,
      severity: 'error',
      from: { path: `^src/${name}[./]` },
      to: { path: above },
    })),
    {
      name: 'viewer-uses-only-the-protocol',
      severity: 'error',
      from: { path: '^src/viewer/' },
      to: {
        path: '^src/(?!viewer/|delivery/wire/(protocol|client|job-messages)|delivery/http/(api-schema|jobs-schema)|core/)',
      },
    },
    {
      name: 'protocol-runs-anywhere',
      severity: 'error',
      from: { path: '^src/delivery/wire/(protocol|client)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engines-in-inference-only',
      severity: 'error',
      from: { pathNot: '^(src/inference/|test/|bench/)' },
      to: { path: 'node_modules/(onnxruntime-node|koffi|@koromix)/' },
    },
    {
      name: 'fluent-ffmpeg-in-one-file',
      severity: 'error',
      from: { pathNot: '^src/ingest/ffmpeg-command' },
      to: { path: 'node_modules/(@types/)?fluent-ffmpeg' },
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: '^src/(?!viewer/)' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'no-unlisted', severity: 'error', from: {}, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
