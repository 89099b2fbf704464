// The door of the channel floor: the values that a channel is made of, without any I/O.

export {
  assertChannelName,
  isChannelName,
  isChannelSegment,
  maxChannelNameLength,
  maxChannelNameSegments,
} from './channel-name.ts';
export { type ChannelParameters, ChannelPattern, type ParameterName } from './channel-pattern.ts';
export {
  type ChannelPolicy,
  type ChannelPolicyOptions,
  channelPolicyDefaults,
  type Durability,
  type HistoryLimits,
  isAtLeastAsDurable,
  resolveChannelPolicy,
} from './channel-policy.ts';
export {
  CreditMeter,
  grantCredit,
  isCreditGrant,
  maxCredit,
  spendCredit,
  unlimitedCredit,
} from './credit.ts';
export { DeliveryClass, type DeliveryTraits, deliveryTraits, isDeliveryClass } from './delivery-class.ts';
export { UsageError } from './errors.ts';
export { HistoryWindow, type Numbered } from './history-window.ts';
export {
  comparePositions,
  equalPositions,
  isEpoch,
  isOffset,
  maxEpochLength,
  type Position,
  parsePosition,
  serializePosition,
  unstoredPosition,
} from './position.ts';
export {
  maxPresenceKeyLength,
  type PresenceChange,
  type PresenceLeave,
  PresenceMap,
  type PresenceMember,
  supersedesPresence,
} from './presence-map.ts';
export {
  type Draft,
  maxDedupeKeyLength,
  maxProducerIdLength,
  maxStateKeyLength,
  type PlainData,
  type ProducerStamp,
  type Publication,
} from './publication.ts';
export { type GapReason, judgeResume, type KeptRange, type ResumeVerdict } from './resume-verdict.ts';
