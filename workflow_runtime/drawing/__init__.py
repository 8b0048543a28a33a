"""Diagrams as pictures: the drawing that a BPMN file holds (BPMNDI) as one SVG file that needs nothing else."""
