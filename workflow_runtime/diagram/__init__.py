"""BPMN files as data: the model that is read from them, and the contract that they are held to."""
