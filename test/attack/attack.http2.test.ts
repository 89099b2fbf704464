import { describeAttacks } from './describe-attacks.ts';

describeAttacks('http2');
