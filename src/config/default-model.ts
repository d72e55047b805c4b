/** The network of a stream for which nobody names one: docs/decisions/networks/0043-one-default-network.md. */
export const DEFAULT_MODEL = 'hrnet-w18-small-v1-cameras';
