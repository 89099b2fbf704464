import { describeOurClient } from './our-client.ts';

describeOurClient('HTTP/1.1', { http2: false, cases: 1800 });
