import { describeOurServer } from './our-server.ts';

describeOurServer('HTTP/2', { http2: true, cases: 1800 });
