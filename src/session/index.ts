// The door of the session floor: packets, codecs and the two machines, without any I/O.

export {};
