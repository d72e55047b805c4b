/** Fewer CPUs than this take longer than most cameras' pictures are apart for one run of the larger network: docs/models.md. */
const CPUS_FOR_THE_LARGER = 4;

/** The network of a stream for which nobody names one, by the CPUs that the process may use. */
export const defaultModel = (cpus: number): string =>
  cpus >= CPUS_FOR_THE_LARGER ? 'hrnet-w18-small-v2-cameras' : 'hrnet-w18-small-v1-cameras';
