import { render } from 'preact';
import { App } from './app.js';
import { chooseRenderer, rendererKind } from './render/studio.js';
import { startClock } from './state/clock.js';
import { startPreferences } from './state/preferences.js';
import { startRouter } from './state/router.js';
import { loadSession } from './state/session.js';
import { startShortcuts } from './state/shortcuts.js';

const root = document.getElementById('app');
if (!root) throw new Error('the page has no #app to live in');

window.maskcast = { painted: {}, renderer: rendererKind };
chooseRenderer(new URLSearchParams(location.search).get('renderer'));
startPreferences();
startRouter();
startClock();
startShortcuts();
void loadSession();
root.replaceChildren();
render(<App />, root);
