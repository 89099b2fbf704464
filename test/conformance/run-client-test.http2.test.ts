import { describeOurClient } from './our-client.ts';

describeOurClient('HTTP/2', { http2: true, cases: 1700 });
