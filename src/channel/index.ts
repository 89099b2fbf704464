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
export { type AsyncApiOptions, printAsyncApi } from './contract/asyncapi.ts';
export {
  type AnyCallContract,
  CallContract,
  type CallInputOf,
  type CallOptions,
  type CallOutputOf,
  callDefaults,
  defineCall,
} from './contract/call-contract.ts';
export {
  type AnyChannelContract,
  ChannelContract,
  type ChannelOptions,
  type ChannelRules,
  type ChannelVerb,
  type DraftOf,
  defineChannel,
  type ParametersOf,
  type PayloadOf,
  type PresenceOf,
} from './contract/channel-contract.ts';
export type { ChannelNameOf, ChannelOf, NameOf } from './contract/channel-names.ts';
export { Contract, type ContractOptions, defineContract, type FoundChannel } from './contract/contract.ts';
export { type JsonSchemaConverter, type PrintOptions, printJsonSchema } from './contract/json-schema.ts';
export type { Asker, Rule } from './contract/rule.ts';
export type {
  InputOf,
  JsonSchemaTarget,
  OutputOf,
  StandardIssue,
  StandardJsonSchema,
  StandardResult,
  StandardSchema,
} from './contract/standard-schema.ts';
export { maxPayloadIssues, type PayloadIssue, type Validation, validate } from './contract/validation.ts';
export {
  CreditMeter,
  grantCredit,
  isCreditGrant,
  maxCredit,
  spendCredit,
  unlimitedCredit,
} from './credit.ts';
export { dataCost } from './data-cost.ts';
export { DeliveryClass, type DeliveryTraits, deliveryTraits, isDeliveryClass } from './delivery-class.ts';
export { UsageError } from './errors.ts';
export { HistoryWindow, type Numbered } from './history-window.ts';
export { findUnplain, hasMoreContainers, maxPayloadDepth } from './plain-data.ts';
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
  maxPresenceClock,
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
