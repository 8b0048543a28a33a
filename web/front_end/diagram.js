// The live diagram of a case.
