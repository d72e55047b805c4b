import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/delivery/client.js';
import { startDelivery } from '../support/delivery.js';
import { fakeFrame } from '../support/fake-streams.js';

it('serves the page, the streams and a socket with picture and mask', async () => {
  const { url, streams } = await startDelivery();
  expect(await (await fetch(url)).text()).toContain('<title>Maskcast</title>');
  expect(await (await fetch(`${url}/api/v1/streams`)).json()).toMatchObject([{ id: 'one', viewers: 0 }]);

  streams.feed('one').emit(await fakeFrame(7));
  const connection = connect({ url, stream: 'one', WebSocket });
  for await (const frame of connection.frames()) {
    expect(frame.number).toBe(7);
    expect(frame.hello.model.name).toBe('fake-three-classes');
    const { labels, confidence } = await frame.planes();
    expect([labels[0], labels[79], confidence?.[0]]).toEqual([1, 0, 204]);
    break;
  }
  connection.close();
});
