/** Runs before the first paint, so that a chosen theme never flashes into place; see `state/preferences.ts`. */
try {
  const { theme } = JSON.parse(localStorage.getItem('maskcast') ?? '{}') as { theme?: string };
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the theme follows the system.
}

export {};
