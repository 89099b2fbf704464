import { describeOurServer } from './our-server.ts';

describeOurServer('HTTP/1.1', { http2: false, cases: 2000 });
