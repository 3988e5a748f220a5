// A role on the resource group at which this module is scoped.

@description('Object id of the identity that gets the role.')
param principalId string

@description('Full id of the role definition.')
param roleId string

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, roleId)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId
  }
}
